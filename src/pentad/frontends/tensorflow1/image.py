"""tf.image."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "ops.images": """
        ResizeMethod flip_left_right flip_up_down transpose_image transpose=transpose_image rot90
        random_flip_left_right random_flip_up_down crop_to_bounding_box pad_to_bounding_box
        central_crop resize_image_with_crop_or_pad
        resize_with_crop_or_pad=resize_image_with_crop_or_pad resize_images resize=resize_images
        resize_bilinear resize_nearest_neighbor resize_bicubic resize_area resize_image_with_pad""",
    "ops.colors": """
        rgb_to_yiq yiq_to_rgb rgb_to_yuv yuv_to_rgb rgb_to_hsv hsv_to_rgb rgb_to_grayscale
        grayscale_to_rgb convert_image_dtype adjust_brightness adjust_contrast adjust_gamma
        adjust_hue adjust_saturation random_contrast random_saturation random_brightness random_hue
        per_image_standardization image_gradients sobel_edges total_variation psnr ssim
        ssim_multiscale""",
    "ops.codecs": """
        decode_png decode_jpeg decode_and_crop_jpeg extract_jpeg_shape decode_gif decode_bmp
        decode_image is_jpeg encode_png encode_jpeg adjust_jpeg_quality random_jpeg_quality""",
    "ops.suppression": """
        non_max_suppression_overlaps non_max_suppression_padded non_max_suppression_with_scores
        sample_distorted_bounding_box""",
    "ops.boxes": "non_max_suppression crop_and_resize draw_bounding_boxes",
    "ops.blocks": "extract_image_patches extract_patches=extract_image_patches",
    "ops.random": "random_crop",
})
